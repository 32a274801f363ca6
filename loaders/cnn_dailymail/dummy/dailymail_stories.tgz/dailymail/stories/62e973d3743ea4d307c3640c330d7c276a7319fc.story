By Ann Other

A train bell was found.

@highlight

Bell found
