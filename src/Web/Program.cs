using MeshConsole.Web.Hosting;

return await CommandLine.RunAsync(args);
