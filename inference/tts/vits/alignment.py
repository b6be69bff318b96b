"""Which groups of phonemes belong to which word, where espeak-ng has joined or split words.

It joins function words ("in the" is spoken as one group), so groups and words cannot be counted off. Each
word's own pronunciation tells them apart.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence

# Stress and length differ between a word alone and the same word in a sentence.
_IGNORED = str.maketrans("", "", "ˈˌː ")
# espeak-ng joins two words, seldom three; a word that it spells falls into a few groups.
_MOST = 3
# Phonemes that a word may lack or have too many of before leaving it without any is cheaper.
_SILENT_COST = 3

Step = tuple[int, int]  # how many groups, how many words
Share = tuple[int, int]  # a word's index, and how many characters of the group are its own


def align(groups: Sequence[str], alone: Sequence[str]) -> list[list[Share]]:
    """Return for each group the words it speaks, in order; `alone` is each word's own IPA.

    Words that no group speaks are left out. The shares of a group add up to its length.
    """
    plain = [word.translate(_IGNORED) for word in alone]
    steps = _cheapest([group.translate(_IGNORED) for group in groups], plain)
    shares: list[list[Share]] = []
    group = word = 0
    for groups_taken, words_taken in steps:
        words = range(word, word + words_taken)
        shares += [_divide(one, words, plain) for one in groups[group : group + groups_taken]]
        group, word = group + groups_taken, word + words_taken
    return shares


def _divide(group: str, words: range, plain: Sequence[str]) -> list[Share]:
    """Cut a group's characters in proportion to the words' own lengths."""
    total = sum(len(plain[word]) for word in words) or 1
    shares: list[Share] = []
    spoken = begun = 0
    for word in words:
        spoken += len(plain[word])
        end = len(group) if word == words[-1] else round(len(group) * spoken / total)
        shares.append((word, end - begun))
        begun = end
    return shares


def _cheapest(groups: Sequence[str], words: Sequence[str]) -> list[Step]:
    """Return the steps of the cheapest way through both (Dijkstra: most of the table is never seen)."""
    goal = (len(groups), len(words))
    came: dict[Step, Step] = {}
    open_: list[tuple[int, Step, Step]] = [(0, (0, 0), (0, 0))]
    while open_:
        cost, here, step = heapq.heappop(open_)
        if here in came:
            continue
        came[here] = step
        if here == goal:
            break
        for (taken, spoken), more in _steps(groups[here[0] :], words[here[1] :]):
            heapq.heappush(
                open_, (cost + more, (here[0] + taken, here[1] + spoken), (taken, spoken))
            )
    return _path(came, goal)


def _path(came: Mapping[Step, Step], goal: Step) -> list[Step]:
    steps: list[Step] = []
    group, word = goal
    while (group, word) != (0, 0):
        steps.append(came[group, word])
        group, word = group - steps[-1][0], word - steps[-1][1]
    return steps[::-1]


def _steps(groups: Sequence[str], words: Sequence[str]) -> Iterator[tuple[Step, int]]:
    if not words:
        return
    yield (0, 1), _SILENT_COST + len(words[0])
    if not groups:
        return
    for count in range(1, min(_MOST, len(words)) + 1):
        yield (1, count), distance(groups[0], "".join(words[:count]))
    for count in range(2, min(_MOST, len(groups)) + 1):
        yield (count, 1), distance("".join(groups[:count]), words[0])
    if len(words) == 1:  # whatever is left must belong to somebody
        yield (len(groups), 1), sum(map(len, groups))


def distance(one: str, other: str) -> int:
    """Return the least number of characters to insert, delete or replace."""
    row = list(range(len(other) + 1))
    for index, character in enumerate(one, 1):
        above, row[0] = row[0], index
        for column, target in enumerate(other, 1):
            above, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, above + (character != target)),
            )
    return row[-1]
