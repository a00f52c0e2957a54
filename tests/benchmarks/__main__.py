"""`make bench`: how fast Chartside is, as ratios in one run on this machine, against the budgets of the design.

Absolute times differ from machine to machine; a ratio of two things measured side by side does not mislead.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from app.ehr.capabilities import CapabilityCache
from app.ehr.chart import TODAY_TYPES, open_chart
from app.ehr.gateway import Gateway
from app.ehr.reads import CHART_READS, read_type
from fhir_profiles.validator import validate
from smart_launch.discovery import SmartConfiguration
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant, LaunchContext
from smart_launch.registration import ClientRegistration
from smart_launch.scopes import ScopeSet
from smart_launch.transport import Http
from tests.benchmarks import charts
from tests.benchmarks.cards import FOLDER, ask
from tests.benchmarks.page_weight import page_weights
from tests.benchmarks.saved_contact import Saved, enrolled, save_contact
from tests.benchmarks.today_page import today_page
from tests.benchmarks.upstream import upstream
from tests.conftest import ROOT
from tests.running import practice

DELAY_MS = 50
ROUNDS = 15


def main() -> None:
    name, chart = charts.resources()
    print(
        f"Chart: {name}, {len(chart)} resources; upstream {DELAY_MS} ms a read; medians of {ROUNDS} rounds\n"
    )
    print(f"{'what':<58}{'measured':>12}{'budget':>12}")
    _chart_open(chart)
    _own_time(chart)
    _saved_contact()
    _cards()
    _validation()
    _page_weight()


def _row(what: str, measured: str, budget: str) -> None:
    print(f"{what:<58}{measured:>12}{budget:>12}", flush=True)


def _median(
    run: Callable[[], object], rounds: int = ROUNDS, clock: Callable[[], float] = time.perf_counter
) -> float:
    run()
    spans = []
    for _ in range(rounds):
        begun = clock()
        run()
        spans.append(clock() - begun)
    return statistics.median(spans)


def _gateway(base: str, patient_id: str) -> Gateway:
    registration = ClientRegistration(base, "chartside", "http://127.0.0.1/callback")
    configuration = SmartConfiguration(authorization_endpoint=base, token_endpoint=base)
    grant = Grant(
        access_token="bench",
        refresh_token=None,
        expires_at=time.time() + 3600,
        scopes=ScopeSet.parse("patient/*.rs"),
        context=LaunchContext(patient=patient_id),
    )
    client = SmartClient(registration, configuration, grant, http=Http())
    return Gateway(client, iss=base, patient_id=patient_id, cache=CapabilityCache())


def _chart_open(chart: list[charts.Resource]) -> None:
    patient_id = next(item["id"] for item in chart if item["resourceType"] == "Patient")
    with upstream(charts.answers(chart), delay_ms=DELAY_MS) as base:
        gateway = _gateway(base, patient_id)
        reads: list[Callable[[], object]] = [lambda: gateway.read("Patient", patient_id)]
        reads += [lambda name=name: read_type(gateway, CHART_READS[name]) for name in TODAY_TYPES]  # type: ignore[misc]
        whole = _median(lambda: open_chart(gateway))
        single = max(_median(read, 5) for read in reads)
        sequence = _median(lambda: [read() for read in reads], 5)
    _row(
        f"chart open, {len(reads)} reads: wall / slowest single read", f"{whole / single:.2f} x", "<= 1.25 x"
    )
    _row("the same reads one after another / chart open", f"{sequence / whole:.1f} x", ">= 6 x")
    _row(
        "  (chart open, slowest read, in sequence)",
        f"{whole * 1e3:.0f} {single * 1e3:.0f} {sequence * 1e3:.0f} ms",
        "",
    )


def _own_time(chart: list[charts.Resource]) -> None:
    for size, budget in ((300, 40), (3_000, 250)):
        with (
            upstream(charts.answers(charts.grown(chart, size)), delay_ms=0) as base,
            today_page(base) as load,
        ):
            spent = _median(load, 9, time.process_time)
        _row(
            f"our own CPU for Today, {size:,} resources, whole page",
            f"{spent * 1e3:.0f} ms",
            f"<= {budget} ms",
        )


def _saved_contact() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        enrolled(Path(folder), delay_ms=DELAY_MS) as (running, nurse, today),
    ):
        saves = [save_contact(running, nurse, today) for _ in range(5)]
    most: Saved = max(saves, key=lambda saved: len(saved.writes))
    _row("a saved contact, its goal's progress and the next task: writes", f"{len(most.writes)}", "1")
    _row("  all that the EHR was asked, the chart's reads side by side", f"{len(most.received)} requests", "")
    wall = statistics.median(saved.seconds for saved in saves) * 1e3
    _row("  wall, reads and write, with the EHR's 50 ms each", f"{wall:.0f} ms", "")


def _cards() -> None:
    if not FOLDER.is_dir():
        return
    with tempfile.TemporaryDirectory() as folder, practice(Path(folder), cards=True) as running:
        ask(running)
        found = ask(running, rounds=ROUNDS)
        patient, *large = charts.grown(charts.resources()[1], 3_000)
        grown = ask(running, rounds=ROUNDS, whose=[(patient, large)])
    _row(
        f"CDS Hooks, {len(found.cards)} Synthea patients over HTTP: p50",
        f"{found.milliseconds(0.5):.0f} ms",
        "",
    )
    _row("  p95", f"{found.milliseconds(0.95):.0f} ms", "<= 500 ms")
    _row("  slowest of all", f"{max(found.seconds) * 1e3:.0f} ms", "")
    _row("  largest call", f"{max(found.sizes) / 1000:.0f} kB", "")
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.kinds.items())) or "none"
    _row(f"  cards ({kinds})", f"{found.kinds.total()}", "")
    what = f"  a chart of 3,000 resources, {grown.sizes[0] / 1e6:.1f} MB: p95"
    _row(what, f"{grown.milliseconds(0.95):.0f} ms", "<= 500 ms")


def _validation() -> None:
    examples = [
        json.loads(path.read_bytes()) for path in (ROOT / "fhir_profiles" / "examples").glob("*.json")
    ]
    spans = [(_median(lambda e=e: validate(e), 60, time.thread_time), e["resourceType"]) for e in examples]  # type: ignore[misc]
    worst = max(spans)
    _row(f"validate one resource, slowest example ({worst[1]})", f"{worst[0] * 1e3:.1f} ms", "<= 2 ms")


def _page_weight() -> None:
    first, second = page_weights()
    _row("page weight in the frame, first load, gzip", f"{first / 1000:.0f} kB", "<= 120 kB")
    _row("page weight in the frame, after that, gzip", f"{second / 1000:.0f} kB", "<= 30 kB")


if __name__ == "__main__":
    main()
