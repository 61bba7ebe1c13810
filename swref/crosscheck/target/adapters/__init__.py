"""The adapters of optional libraries, a file each, named as its target: pot_torch.py holds `pot-torch`.

A file holds one class that derives from Adapter. Nothing else is to be done to add one: the targets are the files here,
and a library is imported with its adapter alone.
"""
