"""What a CD is: its marks, its codes, its words, and the files by which plants and programs know it."""
