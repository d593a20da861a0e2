namespace Homeostat.Cli.Output;

/// <summary>Shows something again every second until interrupted; on a screen in place, else one after another.</summary>
internal static class Watch
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(Terminal terminal, bool watch, Func<Task> show, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                if (watch && terminal.OutColors)
                {
                    terminal.Out.Write("\e[H\e[2J");
                }
                await show();
                if (!watch)
                {
                    return ExitCodes.Ok;
                }
                await Task.Delay(Every, terminal.Time, cancel);
                terminal.Out.Write(terminal.OutColors ? "" : "\n");
            }
        }
        catch (OperationCanceledException) when (watch)
        {
            return ExitCodes.Ok;
        }
    }
}
