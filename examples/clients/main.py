"""A client in Python without any package: prints the ids of partitions, page by page, or why it may not."""

import datetime
import hashlib
import hmac
import json
import os
import secrets
import sys
import urllib.error
import urllib.request

URL = os.environ.get("METAL_API_URL", "http://127.0.0.1:8080")
KEY = os.environ.get("METAL_API_HMAC", "")
TYPE = os.environ.get("METAL_API_HMAC_AUTH_TYPE", "Metal-View")


def mac(key: str, date: str, method: str, salt: str) -> str:
    return hmac.new(key.encode(), f"{date}{method}{salt}".encode(), hashlib.sha256).hexdigest()


def call(procedure: str, request: dict) -> dict:
    """Calls an RPC with a fresh signature, because a second use of one is refused."""
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    salt = secrets.token_hex(12)
    headers = {
        "content-type": "application/json",
        "authorization": f"{TYPE} {mac(KEY, date, 'POST', salt)}",
        "x-date": date,
        "x-data-salt": salt,
    }
    body = json.dumps(request).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{URL}/{procedure}", body, headers), timeout=30) as answer:
        return json.load(answer)


def print_all() -> None:
    token = ""
    while True:
        page = call("metal.v1.PartitionService/List", {"pageSize": 100, "pageToken": token})
        for partition in page.get("partitions", []):
            print(partition["id"])
        token = page.get("nextPageToken", "")
        if token == "":
            return


if __name__ == "__main__":
    try:
        print_all()
    except urllib.error.HTTPError as error:
        failure = json.load(error)
        reasons = [detail["debug"]["reason"] for detail in failure.get("details", []) if "reason" in detail.get("debug", {})]
        reason = (reasons + [failure["code"]])[0]
        sys.exit(f"{reason}: {failure['message']} ({error.headers['trace-id']})")
