"""Versions of the code behind each kind of result, raised by hand whenever the same input gives another."""

INTAKE = 3
MASTER = 2
RENDER = 4
DELIVERY = 3
ALL = (INTAKE, MASTER, RENDER, DELIVERY)
