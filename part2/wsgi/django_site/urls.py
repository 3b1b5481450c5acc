"""urls.py - which function answers for which path, below any prefix."""
from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import path

from .guestbook import views

urlpatterns = [
    path("", views.entries, name="entries"),
    path("hello", views.hello),
    path("raise", views.fail),
    path("admin/", admin.site.urls),
    # The admin's style sheets and scripts. "insecure" is Django's word for
    # slow: for many visitors, collectstatic and let a file server do it.
    path("static/<path:path>", serve, {"insecure": True}),
]
