"""What a commit extracts with, as policy and index have it."""

from viking_git.config import Policy
from viking_git.memory.decide import load_decider
from viking_git.memory.extract import load_extractor
from viking_git.model.uri import Spaces
from viking_git.retrieval.index import SearchIndex
from viking_git.session.extract import Extraction
from viking_git.session.similar import Similar


def prepare(policy: Policy, spaces: Spaces, index: SearchIndex) -> Extraction:
    """The extractor and the decider that the policy names, and the index, which is up to date with trunk."""
    return Extraction(
        extractor=load_extractor(policy.sessions.extractor, spaces.user),
        decider=load_decider(policy.sessions.decider),
        similar=Similar(index.similar, index.compare),
        user=spaces.user,
        agent=spaces.agent,
        isolated=policy.isolate_agent_by_user,
        quotes=policy.sessions.quotes,
    )
