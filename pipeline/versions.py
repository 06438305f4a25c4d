"""Versions of the code behind each kind of result, raised by hand whenever the same input gives another."""

INTAKE = 4
MASTER = 3
RENDER = 5
DELIVERY = 3
ALL = (INTAKE, MASTER, RENDER, DELIVERY)
