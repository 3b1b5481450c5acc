"""views.py - the pages."""
from django.forms import ModelForm
from django.http import HttpResponse
from django.shortcuts import redirect, render

from .models import Entry


class EntryForm(ModelForm):
    class Meta:
        model = Entry
        fields = ["name", "message"]


def entries(request):
    """The latest entries, and a form for one more. The form carries a token
    that only this site can have given out, or Django refuses it."""
    form = EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("entries")
    status = 400 if form.is_bound else 200
    return render(request, "guestbook/entries.html",
                  {"form": form, "entries": Entry.objects.all()[:100]},
                  status=status)


def hello(request):
    """The least a page can be."""
    return HttpResponse("Hello, world.\n", content_type="text/plain")


def fail(request):
    raise RuntimeError("raised on purpose")
