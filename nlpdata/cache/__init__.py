"""Results found again: keys (``key``), the folder they lie in (``directory``), and who makes them (``lease``)."""
