"""How types are checked in tests: as PEP 484 has it, an int is right wherever a float is asked for."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
