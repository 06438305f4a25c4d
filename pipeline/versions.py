"""Versions of the code behind each kind of result, raised by hand whenever the same input gives another."""

INTAKE = 5
MASTER = 4
RENDER = 6
DELIVERY = 3
ALL = (INTAKE, MASTER, RENDER, DELIVERY)
