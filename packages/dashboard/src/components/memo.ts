import { Component, createElement, type ComponentType, type VNode } from "preact";

/** A component that renders again only when one of its properties is another object or value. */
export function memo<Props extends object>(component: ComponentType<Props>): ComponentType<Props> {
  return class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return !sameProps(this.props, next);
    }
    override render(): VNode<Props> {
      return createElement(component, this.props);
    }
  };
}

function sameProps(a: object, b: object): boolean {
  const before = new Map<string, unknown>(Object.entries(a));
  const after = Object.entries(b);
  return before.size === after.length && after.every(([name, value]) => Object.is(before.get(name), value));
}
