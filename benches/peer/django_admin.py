"""How many pages of a queue the admin pages of Django serve over the same rows (P14): a peer that many teams begin with.

    pip install django gunicorn
    python3 benches/peer/django_admin.py DIR [SECONDS]

DIR is that of `cargo bench --bench load -- --keep-data DIR`. The list is tuned as one would: no full count, no action
on all, few columns, who has it read in the same query, an index for its order. Two worker processes of gunicorn, 16
connections, sessions in a database; nothing is compressed. Docket's file is only read.
"""

import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

WORKERS, CONNECTIONS, ROUNDS, PORT = 2, 16, 3, 8917
MANAGE = "import sys, django_admin; from django.core.management import call_command; call_command(*sys.argv[1:])"
PASSWORD = "a-peer-for-a-minute"


def configure():
    """Settings, models and admin pages: all that a Django project needs, in this file."""
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="only-for-a-measurement",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="django_admin",
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django_admin.Desk",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["PEER_OWN"]},
            "desk": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": f"file:{os.environ['PEER_DESK']}?mode=ro",
                "OPTIONS": {"uri": True},
                "CONN_MAX_AGE": None,
            },
        },
        DATABASE_ROUTERS=["django_admin.Router"],
        USE_TZ=True,
    )
    django.setup()


class Router:
    """Docket's tables are in one file, what Django needs itself in another."""

    def db_for_read(self, model, **_):
        return "desk" if model._meta.app_label == "desk" else None

    def allow_relation(self, *_, **__):
        return True


if os.environ.get("PEER_DESK"):
    from django.apps import AppConfig

    class Desk(AppConfig):
        name, label = "django_admin", "desk"

    configure()

    from django.contrib import admin
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import models
    from django.urls import path

    class Member(models.Model):
        id = models.BinaryField(primary_key=True)
        first_name = models.TextField()
        last_name = models.TextField()

        class Meta:
            app_label, managed, db_table = "desk", False, "team_members"

        def __str__(self):
            return f"{self.first_name} {self.last_name}"

    class ExceptionRow(models.Model):
        id = models.BinaryField(primary_key=True)
        code = models.TextField()
        reason = models.TextField()
        party = models.TextField()
        amount = models.BigIntegerField()
        status = models.TextField()
        severity = models.IntegerField()
        assignee = models.ForeignKey(Member, models.DO_NOTHING, null=True)
        business_account_id = models.BinaryField()
        is_open = models.BooleanField()
        due_at = models.BigIntegerField()
        created_at = models.BigIntegerField()

        class Meta:
            app_label, managed, db_table = "desk", False, "exceptions"

    @admin.register(ExceptionRow)
    class ExceptionAdmin(admin.ModelAdmin):
        list_display = "severity code reason party amount status assignee due_at created_at".split()
        list_display_links = None
        list_filter = ["status", "severity"]
        list_per_page = 50
        list_select_related = ["assignee"]
        ordering = ["due_at", "id"]
        actions = None
        show_full_result_count = False

        class paginator(admin.ModelAdmin.paginator):
            count = 1_000_000

        def get_queryset(self, request):
            account = ExceptionRow.objects.values_list("business_account_id", flat=True).first()
            return super().get_queryset(request).filter(business_account_id=account, is_open=True)

    urlpatterns = [path("admin/", admin.site.urls)]
    application = WSGIHandler()


def signed_in():
    """The cookie of a person who has signed in, as a browser does."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    connection.request("GET", "/admin/login/")
    answer = connection.getresponse()
    page = answer.read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    cookie = answer.getheader("set-cookie").split(";")[0]
    form = {"username": "peer", "password": PASSWORD, "csrfmiddlewaretoken": token, "next": "/admin/"}
    connection.request(
        "POST",
        "/admin/login/",
        urllib.parse.urlencode(form),
        {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"},
    )
    answer = connection.getresponse()
    answer.read()
    cookies = [value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    assert answer.status == 302, f"nobody was signed in: {answer.status}"
    return "; ".join(cookies)


def visit(cookie, until, times):
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    while time.monotonic() < until:
        begin = time.monotonic()
        connection.request("GET", "/admin/desk/exceptionrow/", headers={"Cookie": cookie})
        answer = connection.getresponse()
        page = answer.read()
        assert answer.status == 200 and page.count(b"field-party") == 50, f"no queue: {answer.status}"
        times.append(time.monotonic() - begin)


def measure(cookie, seconds):
    times = []
    until = time.monotonic() + seconds
    visitors = [threading.Thread(target=visit, args=(cookie, until, times)) for _ in range(CONNECTIONS)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert times, "no page was served"
    return len(times) / seconds, statistics.median(times) * 1e3


def main():
    desk, seconds = Path(sys.argv[1]).resolve(), float(sys.argv[2]) if len(sys.argv) > 2 else 6.0
    with tempfile.TemporaryDirectory() as own:
        os.environ.update(
            PEER_DESK=str(desk / "docket.db"),
            PEER_OWN=f"{own}/own.db",
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
            PYTHONPATH=str(Path(__file__).parent),
        )
        manage = [sys.executable, "-c", MANAGE]
        quiet = {"check": True, "stdout": subprocess.DEVNULL}
        subprocess.run([*manage, "migrate", "--database", "default"], **quiet)
        user = ["createsuperuser", "--noinput", "--username", "peer", "--email", "peer@example.test"]
        subprocess.run([*manage, *user], **quiet)
        gunicorn = [sys.executable, "-m", "gunicorn", "--workers", str(WORKERS), "--log-level", "error"]
        server = subprocess.Popen([*gunicorn, "--bind", f"127.0.0.1:{PORT}", "django_admin"])
        try:
            time.sleep(3)
            cookie = signed_in()
            figures = [measure(cookie, seconds) for _ in range(ROUNDS)]
            pages, median = sorted(figures)[ROUNDS // 2]
            served = f"{pages:.1f} pages/s, p50 {median:.0f} ms"
            print(f"Django's admin, {WORKERS} workers, {CONNECTIONS} connections: {served}")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
