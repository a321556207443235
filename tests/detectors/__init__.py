"""What would see it if Hush reached out: five witnesses, and the leaks that prove them awake.

A test that finds nothing proves something only where the same eyes find what is planted. So each
detector says which plants it sees (``SEES`` in ``witnesses``), and ``test_detectors`` holds it to
that: to what it sees, and to what it does not.
"""
