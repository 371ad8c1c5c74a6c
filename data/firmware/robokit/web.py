"""Asking web addresses."""

import requests

from robokit import check


def get(url):
    """HTTP GET body."""
    check.text("web.get: url", url)
    answer = requests.get(url)
    try:
        return answer.text
    finally:
        answer.close()


def post(url, data):
    """HTTP POST status; the data is sent as JSON."""
    check.text("web.post: url", url)
    if not isinstance(data, dict):
        raise TypeError("web.post: data must be dict")
    answer = requests.post(url, json=data)
    try:
        return answer.status_code
    finally:
        answer.close()
