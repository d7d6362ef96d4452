using MeshConsole.Cli;

return await Meshctl.RunAsync(args, Terminal.OfProcess());
