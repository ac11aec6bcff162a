"""What all pages of the desk share: login, security headers, forms, templates, error pages, and work in threads."""
