"""The demonstration: a street, a box, a broker and the receiving side, all real."""
