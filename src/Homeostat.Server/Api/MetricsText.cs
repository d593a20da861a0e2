using System.Globalization;
using System.Text;

namespace Homeostat.Server.Api;

/// <summary>Writes the Prometheus text format (0.0.4): a family is begun once, its samples follow.</summary>
internal sealed class MetricsText
{
    private readonly StringBuilder _text = new();
    private string _family = "";

    /// <param name="name">Without the prefix <c>homeostat_</c>.</param>
    /// <param name="type"><c>gauge</c>, <c>counter</c> or <c>histogram</c>.</param>
    public MetricsText Family(string name, string type, string help)
    {
        _family = "homeostat_" + name;
        _text.Append("# HELP ").Append(_family).Append(' ').Append(help).Append("\n# TYPE ").Append(_family).Append(' ').Append(type).Append('\n');
        return this;
    }

    public MetricsText Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) => Sample("", value, labels);

    /// <param name="suffix">Of the family's name: <c>_bucket</c>, <c>_sum</c>, <c>_count</c>.</param>
    public MetricsText Sample(string suffix, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(_family).Append(suffix);
        for (var i = 0; i < labels.Length; i++)
        {
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"");
            Escape(labels[i].Value);
            _text.Append('"');
        }
        if (labels.Length > 0)
        {
            _text.Append('}');
        }
        _text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        return this;
    }

    public override string ToString() => _text.ToString();

    private void Escape(string value)
    {
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => _text.Append(@"\\"),
                '"' => _text.Append("\\\""),
                '\n' => _text.Append(@"\n"),
                _ => _text.Append(c),
            };
        }
    }
}
