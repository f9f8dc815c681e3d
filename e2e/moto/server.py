"""Serves moto, an emulator of AWS, with the patches that this test needs. ../README.md explains them."""

import argparse
import importlib.util
import os
import pathlib
import sys
import threading

if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask") is None:
    sys.exit("No module named moto, or it lacks its server. Run: pip install 'moto[server]'")

# A patch that the integration tests use, too.
sys.path.append(str(pathlib.Path(__file__).parents[2] / "packages/lake/test/support"))

import athena
import budgets
import delivery
import functions
import moto_s3
import permissions
import queues
import state_machines
import unknown_actions
import versions
from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple


def end_with_parent() -> None:
    """The test closes this pipe, however it ends."""
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free port, printed on stderr")
    parser.add_argument("--operator", required=True, help="the access key that may do everything")
    parser.add_argument("--functions", help="the address that gets the invocations of state machines")
    arguments = parser.parse_args()
    threading.Thread(target=end_with_parent, daemon=True).start()
    for patches in (
        unknown_actions, queues, delivery, functions, athena, budgets, versions, moto_s3
    ):
        patches.apply()
    permissions.apply(arguments.operator)
    # The test runs functions, as processes; moto would run them in Docker.
    default_user_config["lambda"]["use_docker"] = False
    default_user_config["stepfunctions"]["execute_state_machine"] = True
    state_machines.apply(arguments.operator, arguments.functions)
    application = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", arguments.port, application, threaded=True)


if __name__ == "__main__":
    main()
