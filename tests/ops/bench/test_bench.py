from __future__ import annotations

from ops.bench.bench import Bench, Engines, Options, Result


async def measure(options: Options) -> Result:
    return Result({"limit": options.limit})


def test_what_is_not_asked_for_is_the_benchmarks_own() -> None:
    bench = Bench("nothing", measure)
    assert (bench.engines, bench.plots) == (Engines.REAL, False)
    options = Options()
    assert (options.data, options.engines, options.limit, options.plot) == (
        None,
        Engines.REAL,
        None,
        None,
    )
    assert Result({}).context == {}
