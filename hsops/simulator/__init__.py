"""The simulated site: a world, its clock and its faults, and the faces that speak each system's wire protocol.

Read `hsops.simulator.world.World` first. A face (``plugins/<name>/simulator``) reads and changes the world and imports
nothing else of hsops than this package.
"""
