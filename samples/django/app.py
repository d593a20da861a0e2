"""A whole Django site in one file: state in memory, a background thread, a file in /tmp."""
import os
import secrets
import socket
import ssl
import sys
import threading
import uuid

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.management.utils import get_random_secret_key
from django.http import HttpResponse, JsonResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ.get("SECRET_KEY") or get_random_secret_key(),
)

lock = threading.Lock()
count = 0
ticks = 0


def tick():
    global ticks
    while not stopped.wait(0.1):
        ticks += 1


stopped = threading.Event()
threading.Thread(target=tick, daemon=True).start()


def text(value):
    return HttpResponse(f"{value}\n", content_type="text/plain")


def index(request):
    return text(f"Hello from Django {django.get_version()} in {socket.gethostname()}, {count} counted so far")


def counter(request):
    global count
    with lock:
        count += 1
        return text(count)


def random_numbers(request):
    return JsonResponse({
        "token_hex": secrets.token_hex(16),
        "urandom": os.urandom(16).hex(),
        "uuid4": str(uuid.uuid4()),
        "ssl.RAND_bytes": ssl.RAND_bytes(16).hex(),
    })


def temporary_file(request):
    with open("/tmp/sample", "a+") as file:
        file.write("x\n")
        file.seek(0)
        return text(len(file.readlines()))


urlpatterns = [
    path("", index),
    path("healthz", lambda request: text("ok")),
    path("count", counter),
    path("pid", lambda request: text(os.getpid())),
    path("hostname", lambda request: text(socket.gethostname())),
    path("timer", lambda request: text(ticks)),
    path("random", random_numbers),
    path("tmp", temporary_file),
]

if __name__ == "__main__":
    address = f"0.0.0.0:{os.environ.get('PORT', '8080')}"
    execute_from_command_line([sys.argv[0], "runserver", "--noreload", address])
