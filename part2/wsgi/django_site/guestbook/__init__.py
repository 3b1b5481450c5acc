"""guestbook - a page that lists what visitors wrote, and lets them write."""
