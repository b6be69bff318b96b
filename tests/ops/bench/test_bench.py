from __future__ import annotations

from ops.bench.bench import Bench, Engines, Options, Result, Transport


async def measure(options: Options) -> Result:
    return Result({"limit": options.limit})


def test_what_is_not_asked_for_is_the_benchmarks_own() -> None:
    bench = Bench("nothing", measure)
    assert (bench.engines, bench.extras) == (Engines.REAL, frozenset())
    options = Options()
    assert options.engines is Engines.REAL
    assert {options.data, options.limit, options.plot, options.labels} == {None}
    assert options.transport is Transport.WEBSOCKET
    assert Result({}).context == {}
