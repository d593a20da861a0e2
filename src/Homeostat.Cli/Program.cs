using Homeostat.Cli;
using Homeostat.Cli.Output;

return await CommandLine.RunAsync(args, Terminal.OfProcess(), CancellationToken.None);
