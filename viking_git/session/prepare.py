"""What a commit extracts with, as policy and index have it."""

from viking_git.config import Policy
from viking_git.memory.decide import load_decider
from viking_git.memory.extract import load_extractor
from viking_git.model.categories import CATEGORIES
from viking_git.model.layout import memories_path
from viking_git.model.uri import Spaces
from viking_git.session.extract import Extraction
from viking_git.session.searching import Searching
from viking_git.session.similar import Similar


def prepare(policy: Policy, spaces: Spaces, searching: Searching) -> Extraction:
    """The extractor and the decider that the policy names, and how memories are compared.

    All memories of both spaces are here then, in a clone of other scopes too: what is not compared with them would be
    remembered twice.
    """
    isolated = policy.isolate_agent_by_user
    known = (memories_path(kind, spaces.user, spaces.agent, isolated=isolated) for kind in CATEGORIES.values())
    searching.hold(sorted(set(known)))
    return Extraction(
        extractor=load_extractor(policy.sessions.extractor, spaces.user),
        decider=load_decider(policy.sessions.decider),
        similar=Similar(searching.nearest(), searching.vectors),
        user=spaces.user,
        agent=spaces.agent,
        isolated=isolated,
        quotes=policy.sessions.quotes,
    )
