using Xunit.Sdk;
using Xunit.v3;

// Descriptors and memory of this process are counted, and processes are killed at their busiest: nothing else may run meanwhile.
[assembly: Parallelization(Mode = ParallelMode.None)]
