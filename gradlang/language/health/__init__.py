"""What is said of numbers that go wrong while a program learns: where they began, and what mends it.

Every backward of a run is shown to `watch.Health`, and so is the end of the run. It only looks, and says each thing
once. `nonfinite` knows nan and infinity, `steps` how gradients are used, `training` where losses and gradients go,
`units` what a layer of relu leaves unused, `unreached` parameters that nothing trains; `ending` asks at the end, and
`words` has what things are called.
"""
