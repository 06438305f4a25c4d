"""Signal processing: arrays and numbers in, arrays and numbers out."""
