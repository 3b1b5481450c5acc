"""django_site - a guestbook with Django's admin: django_site.wsgi:application.

Once, and again after each upgrade:   part2/wsgi/django_site/prepare.py
Then with any server:  gunicorn --chdir part2/wsgi django_site.wsgi:application

DJANGO_DATA says where its database and its key are; else build/django.
"""
import os
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("DJANGO_DATA", TOP / "build/django")).resolve()
KEY_FILE = DATA / "secret_key"
