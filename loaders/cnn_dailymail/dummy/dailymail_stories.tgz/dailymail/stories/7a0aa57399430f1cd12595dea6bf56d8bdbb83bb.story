By Ann Other

A test bell was found.

@highlight

Bell found
