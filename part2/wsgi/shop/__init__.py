"""shop - a package: the application is in a module of it, shop.front:app."""
