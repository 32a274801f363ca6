The val ferry sailed

It left at noon.

@highlight

Ferry sails

@highlight

Nobody was late!
