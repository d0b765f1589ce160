"""The fuse box of identity: the only module that knows every room."""



