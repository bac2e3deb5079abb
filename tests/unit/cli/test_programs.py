from __future__ import annotations

from pathlib import Path

import pytest

from cli.programs import MOST_THREADS, Programs, gpu_worker_name, n_cores
from cli.services.process import Program
from cli.stack import StackSettings
from sorter.errors import InvalidInputError

SECRET = "flowers-own-secret"


def programs(n_gpu_workers: int = 1) -> Programs:
    return Programs(Path("/stack"), {"SORTERBOT_BROKER_URL": "redis://"}, n_gpu_workers)


def every_program() -> list[Program]:
    made = programs()
    flower = made.flower(5555, SECRET)
    door = made.robot_door("127.0.0.1", 6000)
    workers = [made.gpu_worker(1), made.sort_worker(), made.beat(), made.feeds()]
    workers.append(made.replays(Path("/packages")))
    return [made.gateway(8000), *workers, door, flower]


def test_every_program_is_told_how_to_find_the_others() -> None:
    for program in every_program():
        assert program.environment["SORTERBOT_BROKER_URL"] == "redis://"


def test_every_program_has_a_log_of_its_own() -> None:
    assert len({program.log for program in every_program()}) == len(every_program())


def test_no_secret_stands_on_a_command_line() -> None:
    words = [word for program in every_program() for word in program.argv]
    assert not any("redis://" in word or SECRET in word for word in words)


@pytest.mark.parametrize("n_gpu_workers", [1, 2, 64])
def test_workers_of_one_machine_share_its_cores(n_gpu_workers: int) -> None:
    environment = programs(n_gpu_workers).gpu_worker(1).environment
    n_threads = int(environment["OMP_NUM_THREADS"])
    assert 1 <= n_threads <= MOST_THREADS
    assert n_threads == 1 or n_threads * n_gpu_workers <= n_cores()


def test_each_gpu_worker_sees_a_gpu_of_its_own_as_far_as_they_go() -> None:
    made = Programs(Path("/stack"), {}, 3, gpus=("0", "GPU-5ae1"))
    seen = [made.gpu_worker(number).environment["CUDA_VISIBLE_DEVICES"] for number in (1, 2, 3)]
    assert seen == ["0", "GPU-5ae1", "0"]


def test_without_gpus_none_is_chosen() -> None:
    assert "CUDA_VISIBLE_DEVICES" not in programs().gpu_worker(1).environment


def test_workers_answer_prometheus_on_ports_of_their_own() -> None:
    made = Programs(Path("/stack"), {"SORTERBOT_METRICS_PORT": "9100"}, 2)
    workers = [made.gpu_worker(1), made.gpu_worker(2), made.sort_worker()]
    ports = [worker.environment["SORTERBOT_METRICS_PORT"] for worker in workers]
    assert ports == ["9100", "9101", "9102"]


def test_without_a_port_no_worker_answers_prometheus() -> None:
    for worker in (programs().gpu_worker(1), programs().sort_worker()):
        assert "SORTERBOT_METRICS_PORT" not in worker.environment


def test_gpu_workers_are_numbered_from_the_second() -> None:
    assert [gpu_worker_name(number) for number in (1, 2)] == ["gpu-worker", "gpu-worker-2"]


@pytest.mark.parametrize("wrong", [{"port": 70_000}, {"port": -1}, {"n_gpu_workers": 0}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidInputError):
        StackSettings(Path("/stack"), **wrong)  # type: ignore[arg-type]
