"""The sorts of kills: whom each hits, and who must be gone once it has been dealt with."""

import signal
import time
from collections.abc import Callable

from bench.shared import processes
from bench.shared.processes import Process
from bench.shared.scene import Reach, Scene, Sort, hit
from framework.console import client

KILL, TERM, STOP, INT = signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, signal.SIGINT
START_SECONDS = 2.0  # a start takes about so long
RESTART_SECONDS = 0.4


def an_integration(*signals: int) -> Callable[[Scene], list[Process]]:
    """Hit one integration's own process."""

    def strike(scene: Scene) -> list[Process]:
        victim = scene.integration()
        hit(victim.pid, *signals)
        return scene.kin(victim)

    return strike


def all_integrations(scene: Scene) -> list[Process]:
    """Kill every integration's own process at once."""
    victims = scene.integrations()
    for victim in victims:
        hit(victim.pid, KILL)
    return scene.kin(*victims)


def a_grandchild(scene: Scene) -> list[Process]:
    """Kill what an integration started; it lives on."""
    heads = {one.pid for one in scene.integrations()}
    victim = scene.chance.choice([one for one in scene.family if one.pid not in heads])
    hit(victim.pid, KILL)
    return [victim]


def the_supervisor(*signals: int) -> Callable[[Scene], list[Process]]:
    """Hit the supervisor."""

    def strike(scene: Scene) -> list[Process]:
        hit(scene.supervisor, *signals)
        return scene.family

    return strike


def the_guard(*signals: int) -> Callable[[Scene], list[Process]]:
    """Hit the guard."""

    def strike(scene: Scene) -> list[Process]:
        hit(scene.guard, *signals)
        return scene.family

    return strike


def both(scene: Scene) -> list[Process]:
    """Kill guard and supervisor before either can do anything about the other."""
    hit(scene.guard, STOP)
    hit(scene.supervisor, KILL)
    hit(scene.guard, KILL)
    return scene.family


def a_restart(scene: Scene) -> list[Process]:
    """Kill one process of an integration at some moment of its restart."""
    head = scene.integration()
    client.restart(scene.house.state, head.mark.partition("/")[2])
    time.sleep(scene.chance.uniform(0.0, RESTART_SECONDS))
    found = [one for one in scene.house.marked() if one.mark == head.mark]
    victims = scene.chance.sample(found, min(1, len(found)))
    for victim in victims:
        hit(victim.pid, KILL)
    return [*scene.kin(head), *victims]


def a_start(pick: Callable[[int, list[int]], int]) -> Callable[[Scene], list[Process]]:
    """Kill at some moment of a start whom `pick` returns of the guard and its children, if any."""

    def strike(scene: Scene) -> list[Process]:
        hit(scene.guard, TERM)
        scene.house.ended()
        scene.house.start()
        time.sleep(scene.chance.uniform(0.0, START_SECONDS))
        guard = scene.house.first
        hit(pick(guard, processes.children(guard)), KILL)
        return scene.family

    return strike


KILLS = (
    Sort("integration: SIGKILL", Reach.INTEGRATION, an_integration(KILL), 3),
    Sort("integration: SIGTERM", Reach.INTEGRATION, an_integration(TERM), 2),
    Sort("integration: SIGSTOP, SIGKILL", Reach.INTEGRATION, an_integration(STOP, KILL)),
    Sort("all integrations: SIGKILL", Reach.INTEGRATION, all_integrations, 2),
    Sort("integration, restarting: SIGKILL", Reach.INTEGRATION, a_restart, 2),
    Sort("grandchild: SIGKILL", Reach.INTEGRATION, a_grandchild, 3),
    Sort("supervisor: SIGKILL", Reach.EVERYTHING, the_supervisor(KILL)),
    Sort("supervisor: SIGSTOP, SIGKILL", Reach.EVERYTHING, the_supervisor(STOP, KILL)),
    Sort("supervisor: SIGTERM", Reach.EVERYTHING, the_supervisor(TERM)),
    Sort("supervisor: SIGTERM, SIGTERM", Reach.EVERYTHING, the_supervisor(TERM, TERM)),
    Sort("guard: SIGKILL", Reach.EVERYTHING, the_guard(KILL)),
    Sort("guard: SIGINT", Reach.EVERYTHING, the_guard(INT)),
    Sort("guard and supervisor: SIGKILL", Reach.NEXT, both),
    Sort(
        "supervisor, starting: SIGKILL",
        Reach.EVERYTHING,
        a_start(lambda guard, children: [*children, guard][0]),
    ),
    Sort("guard, starting: SIGKILL", Reach.EVERYTHING, a_start(lambda guard, _: guard)),
)
