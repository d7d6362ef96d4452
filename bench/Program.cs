using System.CommandLine;
using MeshConsole.Bench;

var root = new RootCommand("Measures MeshConsole. Every figure in docs/performance.md comes from here.")
{
    StoreBench.Command(),
    EndlessWriter.Command(),
    KdsBench.Command(),
    KdsBench.ZoneCommand(),
};
return await root.Parse(args).InvokeAsync();
