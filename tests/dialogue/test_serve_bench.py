"""The measurement: its conversation comes to an end, and its figures are what they say."""

from backup.bench import dialogue as bench
from tests.support.dialogue_server import DialogueServer


def test_its_conversation_goes_through_the_whole_questionnaire(
    dialogue_server: DialogueServer,
) -> None:
    latencies = bench._converse(dialogue_server.port, bench._with_us)

    assert 40 < len(latencies) < bench.LONGEST


def test_its_figures_are_of_all_turns_and_of_the_first_and_last_tenth() -> None:
    conversation = [*[0.001] * 2, *[0.010] * 16, *[0.002] * 2]
    ours = bench.Side(0, bench._with_us, [conversation] * 10, seconds=0.5)
    stock = bench.Side(0, bench._with_stock, [[0.1] * 20], seconds=2.0)

    figures = bench._figures(ours, stock, at_once=3)

    assert (figures.turns, figures.stock_turns, figures.at_once) == (200, 20, 3)
    assert (figures.turns_per_second, figures.stock_turns_per_second) == (400.0, 10.0)
    assert figures.ratio == 40.0
    assert (figures.p50_ms, figures.p95_ms) == (10.0, 10.0)
    assert (figures.p95_first_ms, figures.p95_last_ms) == (1.0, 2.0)
