"""Identity is id and content: nothing acknowledged is taken for another message, and nothing is doubled."""

import json
import random
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.helpers import archived, decisions, git, talk
from viking_git.model.messages import Message
from viking_git.model.meta import dump_json
from viking_git.model.transcripts import parse_transcript
from viking_git.session.state import SessionId, live_log
from viking_git.session.usage import read_usage
from viking_git.workspace import Workspace

A_UUID = "4b9c1f0e-8a53-4c1d-9d55-0c9f6f2a7e11"


def message(id: str, text: str, minute: int = 0, role: str = "user") -> Message:
    return Message(id, role, ({"type": "text", "text": text},), f"2026-11-02T09:{minute:02d}:00Z")


def imported(workspace: Workspace, messages: Sequence[Message], name: str = "chat") -> int:
    """How many messages of a file in the documented format were new."""
    data = b"".join(m.to_line() for m in messages)
    parsed = parse_transcript(data, name="chat.jsonl", now="2026-11-02T09:00:00Z", format="messages")
    return len(workspace.import_session(parsed, name)[1].messages)


def texts(workspace: Workspace, name: str = "chat") -> list[str]:
    return [m.text for m in workspace.messages(workspace.session_id(name))]


def here(workspace: Workspace) -> Path:
    assert workspace.store.workdir is not None
    return workspace.store.workdir


def said(workspace: Workspace) -> list[str]:
    """What a person hears from now on."""
    heard: list[str] = []
    workspace.store.notice = heard.append
    return heard


ONE = [message("msg_0001", "I prefer pytest."), message("msg_0002", "Noted.", 1, "assistant")]
TWO = [message("msg_0001", "I live in Oslo.", 30), message("msg_0002", "Nice.", 31), message("msg_0003", "Yes.", 32)]


class TestOneMachine:
    @pytest.mark.parametrize("commit", [False, True])
    def test_two_conversations_that_number_their_messages_alike(self, workspace: Workspace, commit: bool) -> None:
        heard = said(workspace)
        assert imported(workspace, ONE) == 2
        if commit:
            workspace.commit(workspace.session_id("chat"))
        assert imported(workspace, TWO) == 3
        assert heard[-2:] == [
            "another message has the id msg_0001: this one is msg_0001.2",
            "another message has the id msg_0002: this one is msg_0002.2",
        ]
        for again in (TWO, ONE):
            assert imported(workspace, again) == 0
        workspace.commit(workspace.session_id("chat"))
        for again in (ONE, TWO):
            assert imported(workspace, again) == 0
        assert texts(workspace) == [m.text for m in (*ONE, *TWO)]
        assert {"I prefer pytest.", "I live in Oslo."} == {
            quote["quote"] for record in decisions(here(workspace)) for quote in record["messages"]
        }

    def test_a_message_added_again_is_the_same_though_later(self, workspace: Workspace) -> None:
        workspace.add_messages(workspace.new_session("chat"), [message("msg_1", "I prefer tabs.")])
        for _ in range(2):
            done = workspace.add_messages(workspace.session_id("chat"), [message("msg_1", "I prefer tabs.", 50)])
            assert done.messages == []
            assert [m.id for m in done.known] == ["msg_1"]
            workspace.commit(workspace.session_id("chat"))

    def test_two_messages_of_one_id_in_one_file(self, workspace: Workspace) -> None:
        heard = said(workspace)
        both = [message("msg_1", "a"), message("msg_1", "b"), message("msg_1", "c")]
        assert imported(workspace, both) == 3
        assert len(heard) == 2
        assert imported(workspace, both) == 0
        assert len(heard) == 2
        assert texts(workspace) == ["a", "b", "c"]

    @given(
        st.lists(st.tuples(st.sampled_from(["msg_1", "msg_2"]), st.sampled_from("abc")), max_size=5),
        st.lists(st.tuples(st.sampled_from(["msg_1", "msg_2"]), st.sampled_from("abc")), max_size=5),
        st.integers(0, 2**16),
    )
    @settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
    def test_any_two_conversations_in_any_order(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        one: list[tuple[str, str]],
        two: list[tuple[str, str]],
        seed: int,
    ) -> None:
        workspace, _ = Workspace.init(tmp_path_factory.mktemp("any") / "w")
        chance = random.Random(seed)
        files = [[message(id, text, at) for at, (id, text) in enumerate(file)] for file in (one, two) if file]
        chance.shuffle(files)
        for file in [*files, *files[::-1]]:
            imported(workspace, file)
            if chance.random() < 0.5:
                workspace.commit(workspace.session_id("chat"))
        for file in files:
            assert imported(workspace, file) == 0
        if files:
            found = workspace.messages(workspace.session_id("chat"))
            wanted = {(id, text) for id, text in (*one, *two)}
            # Every message once: as many as there are pairs of id and text, and each text as often.
            assert sorted(m.text for m in found) == sorted(text for _, text in wanted)
            assert len({m.id for m in found}) == len(found)

    def test_our_own_lines_with_the_new_ids_come_back_as_the_same(self, workspace: Workspace) -> None:
        imported(workspace, ONE)
        imported(workspace, TWO)
        lines = workspace.messages(workspace.session_id("chat"))
        assert [m.id for m in lines][2:] == ["msg_0001.2", "msg_0002.2", "msg_0003"]
        for again in (lines, lines[::-1], TWO):
            assert imported(workspace, again) == 0


class TestAfterAKill:
    """An archive is written and the process killed before the live log is cut."""

    @pytest.mark.parametrize("text", ["I prefer tabs.", "my password = hunter2hunter2, I prefer tabs"])
    def test_nothing_is_archived_twice(self, workspace: Workspace, text: str) -> None:
        imported(workspace, [*ONE, message("msg_0003", text, 3)])
        imported(workspace, TWO)
        session = workspace.session_id("chat")
        rows = live_log(workspace.store, session).read()
        workspace.commit(session)
        for _ in range(2):
            live_log(workspace.store, session).append(rows)
            assert workspace.session_info(session).live == 0
            assert workspace.commit(session).status == "skipped"
            assert live_log(workspace.store, session).read() == []
        assert len(archived(here(workspace))) == len(rows) == 6

    def test_a_message_that_got_a_new_id_in_the_archive_is_known(self, workspace: Workspace) -> None:
        session = workspace.new_session("chat")
        workspace.add_messages(session, [message("msg_1", "one")])
        workspace.commit(session)
        # As if another machine's archive had arrived after these were acknowledged.
        rows = [message("msg_1", "two"), message("msg_1.2", "three")]
        live_log(workspace.store, session).append(rows)
        heard = said(workspace)
        workspace.commit(session)
        assert heard == ["another message has the id msg_1: this one is msg_1.3"]
        live_log(workspace.store, session).append(rows)
        assert workspace.commit(session).status == "skipped"
        assert texts(workspace) == ["one", "two", "three"]
        assert sorted(archived(here(workspace))) == ["msg_1", "msg_1.2", "msg_1.3"]

    def test_messages_that_are_kept_live_are_archived_once(self, workspace: Workspace) -> None:
        session = workspace.new_session("chat")
        policy = workspace.policy
        workspace.policy = replace(policy, sessions=replace(policy.sessions, keep_recent=2))
        # The password is learned from the first message, which the log no longer has at the next commit.
        first = message("msg_1", "password = hunter2hunter2")
        workspace.add_messages(session, [first, message("msg_2", "it is hunter2hunter2", 1), message("msg_3", "ok", 2)])
        workspace.commit(session)
        assert [m.id for m in live_log(workspace.store, session).read()] == ["msg_2", "msg_3"]
        assert workspace.commit(session).status == "skipped"
        assert archived(here(workspace)) == ["msg_1", "msg_2", "msg_3"]


class TestOldArchives:
    """Archives without digests: of an older version, of a pack, or made with a key that is lost."""

    @pytest.fixture
    def old(self, workspace: Workspace, top: Path) -> Workspace:
        session = workspace.new_session("chat")
        workspace.add_messages(session, [*talk(), message("msg_5", "password = hunter2hunter2"),
                                         message("msg_6", "it is hunter2hunter2", 6)])  # fmt: skip
        workspace.commit(session)
        meta = top / "session/default/chat/history/archive_001/.meta.json"
        record = json.loads(meta.read_bytes())
        del record["digests"]
        meta.write_bytes(dump_json(record))
        git(top, "commit", "-qam", "edit: as an older version wrote it")
        return Workspace.open(top)

    def test_what_they_hold_is_known_by_the_transcript(self, old: Workspace) -> None:
        session = old.session_id("chat")
        everything = [*talk(), message("msg_5", "password = hunter2hunter2"), message("msg_6", "it is hunter2hunter2")]
        assert old.add_messages(session, everything).messages == []
        assert old.add_messages(session, everything[1:3]).messages == []
        assert [m.id for m in old.add_messages(session, [message("msg_2", "Other.")]).messages] == ["msg_2.2"]

    def test_a_kill_before_they_were_cut_from_the_log_doubles_nothing(self, old: Workspace) -> None:
        session = old.session_id("chat")
        live_log(old.store, session).append(talk())
        assert old.commit(session).status == "skipped"

    def test_a_lost_key_is_no_loss(self, workspace: Workspace) -> None:
        session = workspace.new_session("chat")
        workspace.add_messages(session, talk())
        workspace.commit(session)
        (workspace.store.private_dir / "digest.key").unlink()
        assert workspace.add_messages(session, talk()).messages == []
        workspace.add_messages(session, [message("msg_9", "I prefer tabs.", 9)])
        workspace.commit(session)
        assert workspace.add_messages(session, [*talk(), message("msg_9", "I prefer tabs.", 9)]).messages == []


class TestTwoMachines:
    def test_each_calls_its_first_message_msg_1(self, laptops: tuple[Workspace, Workspace]) -> None:
        one, other = laptops
        one.add_messages(one.new_session("plan"), [message("msg_1", "I prefer tabs. This is A.")])
        one.commit(one.session_id("plan"))
        one.branches.sync()
        done = other.add_messages(other.new_session("plan"), [message("msg_1", "I prefer spaces. This is B.")])
        assert [m.id for m in done.messages] == ["msg_1"]
        other.branches.sync()
        heard = said(other)
        assert other.commit(other.session_id("plan")).status == "committed"
        assert heard == ["another message has the id msg_1: this one is msg_1.2"]
        assert texts(other, "plan") == ["I prefer spaces. This is B."]
        assert imported(other, [message("msg_1", "I prefer spaces. This is B.")], "plan") == 0
        other.branches.sync()
        one.branches.sync()
        assert archived(here(one), "default/plan") == ["msg_1", "msg_1.2"]
        assert imported(one, [message("msg_1", "I prefer tabs. This is A.")], "plan") == 0

    def test_both_archived_before_they_met(self, laptops: tuple[Workspace, Workspace]) -> None:
        for workspace, text in zip(laptops, ("I prefer tabs.", "I live in Oslo."), strict=True):
            workspace.add_messages(workspace.new_session("plan"), [message("msg_1", text)])
            workspace.commit(workspace.session_id("plan"))
        one, other = laptops
        for workspace in (one, other, one):
            workspace.branches.sync()
        assert archived(here(one), "default/plan") == ["msg_1", "msg_1"]
        assert imported(one, [message("msg_1", "I prefer tabs.")], "plan") == 0
        assert imported(other, [message("msg_1", "I live in Oslo.")], "plan") == 0

    def test_a_review_of_the_same_ids_has_not_landed(self, laptops: tuple[Workspace, Workspace]) -> None:
        one, other = laptops
        one.add_messages(one.new_session("plan"), [message("msg_1", "I prefer tabs.")])
        one.commit(one.session_id("plan"))
        one.branches.sync()
        session = other.new_session("plan")
        other.add_messages(session, [message("msg_1", "I live in Oslo.")])
        other.commit(session, review=True)
        other.branches.sync()
        assert other.session_info(session).branch == "viking/default/plan"
        assert other.tasks.find("plan/archive_001").status == "review"
        other.branches.merge("viking/default/plan")
        assert archived(here(other), "default/plan") == ["msg_1", "msg_1"]

    def test_records_of_use_alone_have_not_landed_with_another_archive(
        self, laptops: tuple[Workspace, Workspace]
    ) -> None:
        one, other = laptops
        one.add_messages(one.new_session("plan"), [message("msg_1", "I prefer tabs.")])
        one.commit(one.session_id("plan"))
        one.branches.sync()
        session = other.new_session("plan")
        other.used(session, ["viking://resources/"])
        other.commit(session, review=True)
        other.branches.sync()
        assert other.session_info(session).branch == "viking/default/plan"

    def test_an_honest_import_of_the_same_file_adds_nothing(self, laptops: tuple[Workspace, Workspace]) -> None:
        one, other = laptops
        secret = message("msg_5", "password = hunter2hunter2", 5)
        imported(one, [*talk(), secret])
        one.commit(one.session_id("chat"))
        one.branches.sync()
        other.branches.sync()
        assert imported(other, [*talk(), secret]) == 0
        assert imported(other, [*talk(), secret, message("msg_6", "More.", 6)]) == 1

    def test_what_cannot_be_compared_is_kept(self, laptops: tuple[Workspace, Workspace]) -> None:
        one, other = laptops
        imported(one, talk())
        one.commit(one.session_id("chat"))
        one.branches.sync()
        other.branches.sync()
        assert imported(other, talk()[:2]) == 2
        assert [m.id for m in other.messages(other.session_id("chat"))] == ["msg_1.2", "msg_2.2"]
        assert imported(other, talk()[:2]) == 0

    def test_a_uuid_with_its_time_is_given_once(self, laptops: tuple[Workspace, Workspace]) -> None:
        one, other = laptops
        both = [message(f"msg_{A_UUID}", "I prefer tabs."), message(f"msg_{A_UUID[::-1]}x", "Go on.", 1)]
        imported(one, both)
        one.commit(one.session_id("chat"))
        one.branches.sync()
        other.branches.sync()
        assert imported(other, both[:1]) == 0
        assert imported(other, [message(f"msg_{A_UUID}", "Other.", 30)]) == 1


class TestPrivacy:
    def test_a_tracked_digest_cannot_be_guessed(self, tmp_path: Path) -> None:
        found = []
        for name in ("a", "b"):
            workspace, _ = Workspace.init(tmp_path / name)
            workspace.add_messages(workspace.new_session("chat"), [message("msg_1", "yes"), message("msg_2", "yes")])
            workspace.commit(workspace.session_id("chat"))
            meta = json.loads(git(tmp_path / name, "show", "HEAD:session/default/chat/history/archive_001/.meta.json"))
            found.append(meta["digests"])
            key = workspace.store.private_dir / "digest.key"
            assert stat.S_IMODE(key.stat().st_mode) == 0o600
            assert len(key.read_bytes()) == 32
            listed = git(tmp_path / name, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
            for oid in listed:
                assert key.read_bytes() not in workspace.store.git[oid].read_raw()
        hashes = [digest for one in found for digest in one["messages"]]
        assert len(set(hashes)) == 4
        assert found[0]["key"] != found[1]["key"]


class TestUsage:
    def test_another_record_of_the_same_id_is_kept(self, workspace: Workspace) -> None:
        session = workspace.new_session("chat")
        live = live_log(workspace.store, session)
        records = [{"id": "use_1", "created_at": "2026-11-02T09:00:00Z", "contexts": [uri]} for uri in ("x", "y")]
        live.append_usage(records[0])
        workspace.commit(session)
        live.append_usage(records[0])
        live.append_usage(records[1])
        assert workspace.session_info(session).usage == 1
        workspace.commit(session)
        tree = workspace.snapshot()
        assert [read_usage(tree, session.archive(n)) for n in (1, 2)] == [[records[0]], [records[1]]]
        assert live.read_usage() == []


def claude(uuid: str, parent: str | None, role: str, text: str, session: str, minute: int) -> bytes:
    row = {
        "uuid": uuid, "parentUuid": parent, "isSidechain": False, "sessionId": session, "type": role,
        "timestamp": f"2026-11-02T09:{minute:02d}:00.250Z", "message": {"role": role, "content": text},
    }  # fmt: skip
    return json.dumps(row).encode() + b"\n"


def history(session: str) -> bytes:
    return claude("u1", None, "user", "I prefer tabs over spaces.", session, 1) + claude(
        "a1", "u1", "assistant", "Noted.", session, 2
    )


def resumed(session: str) -> bytes:
    return history(session) + claude("u2", "a1", "user", "We decided to use PostgreSQL for billing.", session, 3)


def take(workspace: Workspace, data: bytes, format: str = "claude-code", name: str = "") -> tuple[SessionId, int]:
    parsed = parse_transcript(data, name="t.jsonl", now="2026-11-02T09:00:00Z", format=format)  # type: ignore[arg-type]
    session, done = workspace.import_session(parsed, name or parsed.session_id or "chat")
    return session, len(done.messages)


class TestResumedSessions:
    def test_a_copied_history_is_there_already(self, workspace: Workspace, top: Path) -> None:
        first, _ = take(workspace, history("first"))
        workspace.commit(first)
        second, new = take(workspace, resumed("second"))
        assert new == 1
        workspace.commit(second)
        assert archived(top, "default/second") == ["msg_u2"]
        assert take(workspace, resumed("second"))[1] == 0

    def test_two_that_wait_are_archived_once(self, workspace: Workspace, top: Path) -> None:
        first, _ = take(workspace, history("first"))
        second, new = take(workspace, resumed("second"))
        assert new == 3
        workspace.commit(first)
        workspace.commit(second)
        assert archived(top, "default/first") + archived(top, "default/second") == ["msg_u1", "msg_a1", "msg_u2"]
        assert workspace.unfinished() == []
        assert live_log(workspace.store, second).read() == []

    def test_what_was_taken_back_does_not_return(self, workspace: Workspace, top: Path) -> None:
        first, _ = take(workspace, history("first"))
        result = workspace.commit(first)
        assert result.outcomes
        git(top, "rm", "-rq", "user/default/memories/preferences")
        git(top, "commit", "-qm", "edit: forget it")
        second, _ = take(workspace, resumed("second"))
        outcomes = workspace.commit(second).outcomes
        assert [o.messages for o in outcomes] == [("msg_u2",)]
        assert not (top / "user/default/memories/preferences/coding").exists()

    def test_what_a_review_has_or_rejected_does_not_return(self, workspace: Workspace, top: Path) -> None:
        first, _ = take(workspace, history("first"))
        workspace.commit(first, review=True)
        _, new = take(workspace, resumed("second"))
        assert new == 1
        # The person drops the one decision, and merges the rest.
        git(top, "checkout", "-q", "viking/default/first")
        doomed = git(top, "log", "-1", "--format=%H", "--grep=Viking-Decision").strip()
        git(top, "rebase", "-q", "--onto", f"{doomed}^", doomed)
        git(top, "checkout", "-q", "main")
        workspace.branches.merge("viking/default/first")
        third, new = take(workspace, resumed("third"))
        assert new == 1
        assert [o.messages for o in workspace.commit(third).outcomes] == [("msg_u2",)]
        assert not (top / "user/default/memories/preferences/coding").exists()

    def test_another_space_knows_nothing_of_it(self, workspace: Workspace) -> None:
        first, _ = take(workspace, history("first"))
        workspace.commit(first)
        assert take(workspace, history("x"), name="team/second")[1] == 2

    def test_two_conversations_that_begin_alike_are_two(self, workspace: Workspace) -> None:
        for name, minute in (("a", 1), ("b", 30)):
            assert imported(workspace, [message("msg_1", "Hi.", minute), message("msg_2", name, minute)], name) == 2
            workspace.commit(workspace.session_id(name))
        assert texts(workspace, "a") == ["Hi.", "a"]
        assert texts(workspace, "b") == ["Hi.", "b"]

    def test_a_deleted_session_is_known_no_longer(self, workspace: Workspace) -> None:
        first, _ = take(workspace, history("first"))
        workspace.commit(first)
        workspace.delete_session(first, with_archives=True)
        assert take(workspace, resumed("second"))[1] == 3

    @pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
    def test_a_damaged_register_is_made_anew(self, workspace: Workspace, damage: bytes) -> None:
        first, _ = take(workspace, history("first"))
        workspace.commit(first)
        (workspace.store.private_dir / "archived-messages.db").write_bytes(damage)
        assert take(workspace, resumed("second"))[1] == 1

    def test_without_the_transcript_a_copy_is_known_as_a_whole(self, laptops: tuple[Workspace, Workspace]) -> None:
        one, other = laptops
        first, _ = take(one, history("first"))
        one.commit(first)
        one.branches.sync()
        other.branches.sync()
        assert take(other, resumed("second"))[1] == 1


class TestChatsWithoutIds:
    """OpenAI-style chats: known by their own ids and content, else by content and neighbours."""

    def chat(self, *lines: str, **more: str) -> bytes:
        roles = ("user", "assistant")
        rows = [{"role": roles[at % 2], "content": text, **more} for at, text in enumerate(lines)]
        return "".join(json.dumps(row) + "\n" for row in rows).encode()

    SYSTEM = b'{"role": "system", "content": "Be brief."}\n'
    LINES = ("What is a branch?", "A name.", "I prefer tabs over spaces.", "Noted.", "Thanks.", "Welcome.")

    @pytest.mark.parametrize("commit", [False, True])
    def test_another_beginning_or_a_window_adds_only_what_is_new(self, workspace: Workspace, commit: bool) -> None:
        session, new = take(workspace, self.SYSTEM + self.chat(*self.LINES), "openai", "chat")
        assert new == 7
        if commit:
            workspace.commit(session)
        assert (
            take(workspace, self.SYSTEM.replace(b"brief", b"kind") + self.chat(*self.LINES), "openai", "chat")[1] == 1
        )
        assert take(workspace, self.chat(*self.LINES[2:], "One more."), "openai", "chat")[1] == 1

    def test_another_conversation_that_ends_alike_is_kept(self, workspace: Workspace) -> None:
        take(workspace, self.chat("What is a branch?", "A name.", "Thanks.", "Welcome."), "openai", "chat")
        assert take(workspace, self.chat("And a tag?", "Also one.", "Thanks.", "Welcome."), "openai", "chat")[1] == 4

    def test_ids_of_their_own_count_with_what_they_say(self, workspace: Workspace) -> None:
        def row(id: str, text: str) -> bytes:
            return json.dumps({"id": id, "role": "user", "content": text}).encode() + b"\n"

        session, _ = take(workspace, row("a", "Hi.") + row("b", "I prefer tabs."), "openai", "chat")
        workspace.commit(session)
        assert take(workspace, row("b", "I prefer tabs."), "openai", "chat")[1] == 0
        assert take(workspace, row("x", "Edited.") + row("b", "I prefer tabs."), "openai", "chat")[1] == 1
        assert take(workspace, row("c", "Hi.") + row("b", "I live in Oslo."), "openai", "chat")[1] == 2


class TestLeftBranches:
    def forked(self, session: str = "f") -> bytes:
        return (
            claude("u1", None, "user", "Hello.", session, 1) + claude("a1", "u1", "assistant", "Yes?", session, 2)
            + claude("u2", "a1", "user", "I prefer tabs over spaces.", session, 3)
        )  # fmt: skip

    def test_only_the_path_to_the_last_leaf_founds_memories(self, workspace: Workspace, top: Path) -> None:
        rest = claude("u3", "a1", "user", "We decided to use PostgreSQL for billing.", "f", 4)
        session, new = take(workspace, self.forked() + rest)
        assert new == 4
        assert [o.messages for o in workspace.commit(session).outcomes] == [("msg_u3",)]
        assert len(archived(top, "default/f")) == 4

    def test_a_branch_that_is_left_later_founds_none_either(self, workspace: Workspace) -> None:
        session, _ = take(workspace, self.forked())
        rest = claude("u3", "a1", "user", "We decided to use PostgreSQL for billing.", "f", 4)
        assert take(workspace, self.forked() + rest)[1] == 1
        assert [o.messages for o in workspace.commit(session).outcomes] == [("msg_u3",)]


def test_a_fact_heard_again_is_known_not_merged(workspace: Workspace, top: Path) -> None:
    for name, minute in (("a", 1), ("b", 2)):
        session = workspace.new_session(name)
        workspace.add_messages(session, [message(f"msg_{name}", "I live in Oslo.", minute)])
        outcomes = workspace.commit(session).outcomes
    assert [o.mark for o in outcomes] == ["="]
    assert [record["decision"] for record in decisions(top, "default/b")] == ["skip"]
