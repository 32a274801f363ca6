In no list.

@highlight

None
