"""What happened to images: decisions of people, how they are undone, where images stopped and go on."""
