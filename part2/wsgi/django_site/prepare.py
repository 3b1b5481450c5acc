#!/usr/bin/python3
"""prepare.py - makes the database and the key that django_site needs, or
brings them up to date. To run it twice does no harm.

DJANGO_DATA                where (build/django)
DJANGO_SECRET_KEY          if set, no key is made
DJANGO_SUPERUSER_USERNAME  the admin's name (admin)
DJANGO_SUPERUSER_PASSWORD  and password; without it one is made up and printed
"""
import os
import secrets
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "django_site.settings"
from django_site import DATA, KEY_FILE  # noqa: E402 (found by the lines above)


def make_key():
    try:
        with open(KEY_FILE, "x") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass  # a new one would log everybody out


def make_admin():
    from django.contrib.auth import get_user_model
    users = get_user_model().objects
    name = os.environ.get("DJANGO_SUPERUSER_USERNAME", "admin")
    if users.filter(username=name).exists():
        return
    given = os.environ.get("DJANGO_SUPERUSER_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    users.create_superuser(name, password=password)
    print(f"made the admin {name}, " +
          ("with the password given" if given else f"password {password}"))


def main():
    os.umask(0o077)  # key and passwords are for this user alone
    DATA.mkdir(parents=True, exist_ok=True)
    if "DJANGO_SECRET_KEY" not in os.environ:
        make_key()
    import django
    from django.core.management import call_command
    django.setup()  # reads the settings, and so the key
    call_command("migrate", verbosity=0, interactive=False)
    make_admin()


main()
