using System.CommandLine;
using MeshConsole.Bench;

var root = new RootCommand("Measures MeshConsole. Every figure in docs/performance.md comes from here; build with -c Release.")
{
    StoreBench.Command(),
    PutBench.Command(),
    ReadBench.Command(),
    StartBench.Command(),
    StartBench.ZoneCommand(),
    DeliveryBench.Command(),
    ScreenBench.Command(),
    KdsBench.Command(),
    KdsBench.ZoneCommand(),
    CostBench.Command(),
};
return await root.Parse(args).InvokeAsync();
