using Spectre.Console;

namespace Homeostat.Cli.Output;

/// <summary>Shows on stderr that something long goes on, where that is a screen; else stays silent.</summary>
internal static class Progress
{
    public static async Task<T> ShowAsync<T>(Terminal terminal, string doing, Func<Task<T>> work)
    {
        if (!terminal.ShowsProgress)
        {
            return await work();
        }
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Err) });
        return await console.Status().Spinner(Spinner.Known.Dots).StartAsync(Markup.Escape(doing), _ => work());
    }
}
