"""Versions of the code behind each kind of result, raised by hand whenever the same input gives another."""

INTAKE = 1
MASTER = 1
RENDER = 2
DELIVERY = 1
ALL = (INTAKE, MASTER, RENDER, DELIVERY)
