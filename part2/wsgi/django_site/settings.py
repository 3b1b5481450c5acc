"""settings.py - set by the environment, safe without it.

DJANGO_SECRET_KEY     instead of the key that prepare.py puts there
DJANGO_ALLOWED_HOSTS  names beside localhost, with commas between them
DJANGO_DEBUG          1 shows errors to visitors: never in public
"""
import os

from django.core.exceptions import ImproperlyConfigured

from . import DATA, KEY_FILE


def read_key():
    """All workers, and those after the next start, must agree on the key: so
    it is made once, by prepare.py."""
    if "DJANGO_SECRET_KEY" in os.environ:
        return os.environ["DJANGO_SECRET_KEY"]
    try:
        return KEY_FILE.read_text()
    except FileNotFoundError:
        raise ImproperlyConfigured(
            f"{DATA} is not prepared: "
            "run part2/wsgi/django_site/prepare.py") from None


SECRET_KEY = read_key()
DEBUG = os.environ.get("DJANGO_DEBUG") == "1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] + [
    name for name in os.environ.get("DJANGO_ALLOWED_HOSTS", "").split(",")
    if name]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_site.guestbook",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "django_site.urls"
WSGI_APPLICATION = "django_site.wsgi.application"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA / "db.sqlite3",
    "OPTIONS": {"timeout": 20},  # seconds; workers write in turn
}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
]

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

# Without a slash in front: Django puts the prefix there that it is mounted
# below, at its first request, so one process cannot be mounted at two places.
# urls.py serves them, with DEBUG or without.
STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"  # for collectstatic, if a server shall do it

# Errors go to standard error: without this, nowhere unless DEBUG is set.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "WARNING",
                           "propagate": False}},
}
