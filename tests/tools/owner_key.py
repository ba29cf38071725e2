#!/usr/bin/env python3
"""Adds a service account with the role Owner by the pages of a running Docket, and prints its key and secret.

usage: owner_key.py URL EMAIL PASSWORD
"""

import html
import re
import sys
import urllib.parse
import urllib.request

URL, EMAIL, PASSWORD = sys.argv[1:4]
COOKIES = {}


class Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are followed below, with the cookies of each answer."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(Stay)


def call(path, fields=None):
    body = urllib.parse.urlencode(fields).encode() if fields else None
    headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in COOKIES.items()), "Origin": URL}
    request = urllib.request.Request(urllib.parse.urljoin(URL, path), body, headers)
    try:
        answer = OPENER.open(request)
    except urllib.error.HTTPError as refused:
        answer = refused
    for cookie in answer.headers.get_all("Set-Cookie") or []:
        name, value = cookie.split(";")[0].split("=", 1)
        COOKIES[name] = value
    if answer.status in (302, 303):
        return call(answer.headers["Location"])
    text = answer.read().decode()
    if answer.status != 200:
        sys.exit(f"{path}: {answer.status} {text[:500]}")
    return text


def submit(path, **fields):
    found = re.search(r'name="csrf_token" value="([^"]*)"', call(path))
    return call(path, {"csrf_token": html.unescape(found[1]), **fields})


submit("/login", email=EMAIL, password=PASSWORD)
page = submit("/settings/service-accounts/new", name="Contract", role="OWNER", life="90")
print(":".join(re.search(rf'id="new-{what}"[^>]* value="([^"]*)"', page)[1] for what in ("key", "secret")))
