"""admin.py - what the admin may see of the guestbook, and search in."""
from django.contrib import admin

from .models import Entry


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    list_display = ["name", "message", "written"]
    search_fields = ["name", "message"]
