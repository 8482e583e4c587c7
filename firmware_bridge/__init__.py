"""The serial bridge to the microcontroller of the box; it knows nothing of `edge`.

`PROTOCOL.md` is the contract on the wire, `firmware/` its C reference, `link.py` what a program on
the box opens: `with Link("/dev/serial/by-id/...") as link: link.send(Illuminator(...))`.
"""
